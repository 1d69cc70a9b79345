"""What a release is made of: licences, versions, packages. Each script in the folder above is one command."""
