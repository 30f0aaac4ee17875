"""The kinds of mutation, one module each: `change(record, sites, seed)` edits its copy and says whether it could."""
