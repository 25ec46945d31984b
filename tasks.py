"""The Huey object of this installation: `tasks.huey`."""
