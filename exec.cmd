@rem The npm scripts begin with "exec", so that no shell stands between npm and them and signals arrive.
@rem cmd.exe has no exec: this is its stand-in.
@%*
