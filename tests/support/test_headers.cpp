// Empty: see the target respgres_test_headers.
