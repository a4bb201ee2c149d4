"""How far released images look from the clean ones: PSNR, SSIM, CIEDE2000 and colour cast.

Knows nothing of datasets.
"""
