"""By what people are recognised: enrolments and their approval, templates, the cohort numbers, erasure."""
