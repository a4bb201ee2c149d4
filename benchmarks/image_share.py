"""Run a grid with another share of the image in the light decoder's first layer.

python benchmarks/image_share.py 0.3 configs/small/utkface.yaml --out share-0.3 --data-root FOLDER
"""

import sys

from mtlue.cli import main
from mtlue.generator.decoder import LightDecoder

if __name__ == "__main__":
    LightDecoder.IMAGE_SHARE = float(sys.argv[1])
    sys.exit(main(["benchmark", *sys.argv[2:]]))
