"""What it costs to send a parcel, as a service."""
