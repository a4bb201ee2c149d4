"""What ``verify`` proves, one small file each: the folder, the tables, the label maps, the images."""
