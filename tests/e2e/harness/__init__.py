"""What the end-to-end tests stand on: a control plane, pxguard beside it, and words for both."""
