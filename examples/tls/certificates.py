"""Makes an authority, and a certificate signed by it for a server and for a client.

With the package ``trustme`` if it is installed, else with the command ``openssl``. For trying things out: where it
matters, the key of the authority is kept elsewhere.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

CLIENT_NAME = "press.operator@example.org"

OPENSSL_SETTINGS = f"""
[req]
distinguished_name = subject
prompt = no
[subject]
CN = press example
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
[client]
basicConstraints = critical, CA:false
subjectAltName = email:{CLIENT_NAME}
extendedKeyUsage = clientAuth
authorityKeyIdentifier = keyid
"""


def make_with_trustme(folder: Path) -> None:
    """Write authority.pem, server.pem and client.pem, the last two with their keys."""
    import trustme

    authority = trustme.CA(organization_name="press example")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    server = authority.issue_cert("localhost", "127.0.0.1", "::1")
    server.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    authority.issue_cert(CLIENT_NAME).private_key_and_cert_chain_pem.write_to_path(folder / "client.pem")


def make_with_openssl(folder: Path) -> None:
    """Write the same files, and those that openssl wants besides."""
    (folder / "settings.cnf").write_text(OPENSSL_SETTINGS)
    request = "req -config settings.cnf -newkey rsa:2048 -noenc"
    openssl(folder, f"{request} -x509 -extensions authority -days 30 -keyout authority.key -out authority.pem")
    sign = "x509 -req -CA authority.pem -CAkey authority.key -CAcreateserial -days 30 -extfile settings.cnf"
    for name in ("server", "client"):
        openssl(folder, f"{request} -keyout {name}.key -out {name}.csr")
        openssl(folder, f"{sign} -extensions {name} -in {name}.csr -out {name}.crt")
        (folder / f"{name}.pem").write_text((folder / f"{name}.key").read_text() + (folder / f"{name}.crt").read_text())


def openssl(folder: Path, arguments: str) -> None:
    """Run openssl in the folder; what it says is shown when it fails."""
    done = subprocess.run(["openssl", *arguments.split()], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)


TOOLS = {"trustme": make_with_trustme, "openssl": make_with_openssl}


def available_tool() -> str:
    """The tool that this machine has."""
    try:
        import trustme  # noqa: F401  # only to see whether it is there
    except ImportError:
        if shutil.which("openssl"):
            return "openssl"
        sys.exit("to make certificates, install the command openssl, or the package trustme with pip")
    return "trustme"


def main() -> None:
    """Fill a folder with certificates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to put them; it is made if it is not there")
    parser.add_argument("--tool", choices=sorted(TOOLS), help="what to make them with")
    options = parser.parse_args()
    tool = options.tool or available_tool()
    options.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else shall read the keys
    (options.folder / ".gitignore").write_text("*\n")  # neither shall anybody commit them
    TOOLS[tool](options.folder)
    print(f"made authority.pem, server.pem and client.pem in {options.folder}, with {tool}")


if __name__ == "__main__":
    main()
