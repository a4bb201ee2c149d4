"""The documentation site: `make docs`. It is built and read without a network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "_extensions"))

from mtlue import __version__

project = "mtlue"
author = "The mtlue developers"
project_copyright = "The mtlue developers, Apache-2.0"
release = version = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "mathml",
    "commands",
]
exclude_patterns = ["_build", "_extensions"]
suppress_warnings = ["myst.header"]
highlight_language = "none"  # of blocks that name none: commands, and what they print

myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "attrs_inline"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # a test executes the notebook; the site shows what is committed
nb_ipywidgets_js: dict[str, str] = {}

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
napoleon_use_rtype = False

html_math_renderer = "mathml"
html_theme = "furo"
html_title = f"mtlue {release}"
html_static_path = ["_static"]
html_css_files = ["mtlue.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
