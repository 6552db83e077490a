"""What an operator counts: the times of a request, and the numbers of the whole program."""
