"""Work on many items at a time, by the processes of this machine or of a cluster."""
