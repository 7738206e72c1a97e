"""What the Background pages compute: each module serves one page and draws nothing."""
