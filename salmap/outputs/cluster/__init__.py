"""Pictures by the million: from any storage, over a cluster of machines, into any storage."""
