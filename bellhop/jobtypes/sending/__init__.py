"""How `notice` reaches people: by mail, and through Apprise."""
