"""A believable month of business, loaded through the public API like anybody's own data would be."""
