"""What the engineer wrote: the site file and the profiles as one frozen, typed and judged model."""
