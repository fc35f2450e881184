"""What is paid for a month, derived from facts by a policy, down to the event behind each rupiah."""
