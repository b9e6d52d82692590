"""The life of a case (R-20..R-22, R-53..R-60, R-70): process information only, at the node of the aanmelder."""
