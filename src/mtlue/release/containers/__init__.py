"""What an image file may hold: the parts that its pixels need, one colour profile, and nothing else.

Each format has a small walker that goes through a file's parts from the first byte to the last. Image libraries read
the parts that they understand and pass over the rest, so what they would pass over must be looked for here.
"""
