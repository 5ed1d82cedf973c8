"""One folder per Knative function and what they share; the only code that talks to a cluster."""
