"""The machines of an installation: which there are, what each serves, what the home tells them."""
