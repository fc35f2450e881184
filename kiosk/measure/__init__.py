"""What `kiosk bench`, `kiosk pad` and `kiosk evaluate` measure."""
