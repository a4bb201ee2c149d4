"""Folders, images and label maps on disk, decoded once into a store."""
