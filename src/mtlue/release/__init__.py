"""What leaves the house: protected images, their manifest, and the proof."""
