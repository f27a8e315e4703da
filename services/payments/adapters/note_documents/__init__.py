"""Credit notes as documents: what they say is frozen at each step, the PDF is made of that and kept."""
