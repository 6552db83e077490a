"""The account area's pages: forms that work without JavaScript, each a few lines over one shared flow."""
