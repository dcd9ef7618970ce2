"""What is for learners: a desk for coding, checks of answers, games with drawn studies."""
