"""What renders the embedded data: scenes, rays, surfaces, and draws that do not depend on their number."""
