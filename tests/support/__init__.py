"""What tests share: shops, browsers, drivers and fakes."""
