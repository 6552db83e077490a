"""The security reviewer's report, read off the running application; nothing that serves a request imports it."""
