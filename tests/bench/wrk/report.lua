-- What wrk has seen, as one line of JSON behind a word that is looked for; every script of the bench ends with it.
function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        'BENCH {"requests":%d,"seconds":%.6f,"p50_ms":%.4f,"p99_ms":%.4f,"refused":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout
    ))
end
