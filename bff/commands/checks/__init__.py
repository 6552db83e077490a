"""The parts that `bff check` looks at, one module each: settings in, findings out."""
