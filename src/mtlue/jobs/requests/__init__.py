"""What jobs are asked to do, checked before anything heavy is imported."""
