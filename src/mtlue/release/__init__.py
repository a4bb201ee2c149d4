"""What is published: protected images, their manifest, and the proof."""
