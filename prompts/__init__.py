"""WHAT WE ASK: versioned prompt files and reply schemas. Empty until the narrator; stories are told from templates."""
