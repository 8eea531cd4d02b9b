"""A virtual world around the production core: explored to the end for small numbers of faults and orders."""
