"""What is known of a customer: folds, fragments, profiles, and what to publish when people change."""
