"""What happens before the camera, from the newest frame to the confirmed presence. It knows no screen."""
