"""The stages of a project, each the job of a process of its own."""
