"""AWS: signing in, who we are, what we may do, what AWS means when it says no, and the role's trust.

`boto3`'s engine, botocore, is imported inside the functions that need it; listing profiles, reading pasted keys
and explaining errors work without it.
"""
