"""A fitted protector and images to a release and back: written, verified, applied to more images, restored."""
