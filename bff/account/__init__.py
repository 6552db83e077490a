"""What a visitor may do with their account: sign in and up, prove it again, see devices. No Flask and no Redis here."""
