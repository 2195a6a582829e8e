"""Tables of the catalogue as files for other programs."""
