//! Programs whose human sits before them: when one of these ends, nobody has to be called.
//!
//! Owns the table. Words in one text each: a list of them would cost every hook a relocation for each word.

use crate::sound::command_line::{Program, programs};

/// Editors, pagers, monitors, multiplexers, terminals of other machines, file managers, agents, and going back to a job.
const ALWAYS: &str = "
    vi vim nvim view vimdiff nvimdiff gvim emacs emacsclient nano pico micro hx helix kak joe jed ne mg ed ex code
    zed subl mcedit less more most bat man info apropos pydoc tldr help
    top htop btop btm atop iotop iftop nethogs nvtop gtop glances watch powertop bmon slurm k9s lazygit lazydocker tig
    gitui ncdu dust-tui gdu ranger nnn lf yazi mc vifm broot fzf sk tmux screen zellij byobu dtach abduco ssh mosh
    telnet et sftp ftp lftp su login newgrp script asciinema gdb lldb pdb ipdb fg wait read select
    mutt neomutt aerc alpine weechat irssi newsboat lynx w3m links elinks cmus ncmpcpp mpv vlc
    claude codex gemini aider opencode cursor-agent copilot goose crush amp droid qwen kimi auggie
";

/// Those that ask their human where they are given nothing else to do.
const ALONE: &str = "
    sh bash zsh fish dash ksh nu pwsh powershell xonsh elvish tcsh csh sudo doas env command exec
    python python2 python3 ipython bpython ptpython node deno bun irb pry ghci ocaml utop lua luajit perl php r julia
    scala erl iex clj racket sbcl guile gnuplot octave bc dc psql mysql mariadb redis-cli mongosh clickhouse-client
    sqlite3 fzf cat tail
";

/// Subcommands that open an editor, a pager or somebody else's shell.
const SUBCOMMANDS: &str = "
    git-log git-diff git-show git-blame git-commit git-rebase git-add git-reflog git-help
    docker-exec docker-attach docker-logs docker-stats podman-exec podman-attach podman-logs podman-stats
    kubectl-exec kubectl-attach kubectl-edit kubectl-logs systemctl-edit crontab-e poetry-shell pipenv-shell
    nix-shell nix-develop cargo-watch tmux-attach herald-log
";

/// Whether any command of this line is one that a human sits before.
pub(super) fn is_interactive(line: &str) -> bool {
    programs(line).iter().any(is_one)
}

fn is_one(Program { name, subcommand, alone }: &Program) -> bool {
    let holds = |words: &str, wanted: &str| words.split_ascii_whitespace().any(|word| word == wanted);
    let with_subcommand = || subcommand.as_ref().map(|subcommand| format!("{name}-{subcommand}"));
    holds(ALWAYS, name)
        || *alone && holds(ALONE, name)
        || with_subcommand().is_some_and(|both| holds(SUBCOMMANDS, &both))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::is_interactive;

    #[rstest]
    #[case("vim src/lib.rs", true)]
    #[case("/usr/bin/vim.tiny x", false)]
    #[case("/usr/bin/vim x", true)]
    #[case("sudo -E vim /etc/fstab", true)]
    #[case("sudo -u bob env EDITOR=x nano a", true)]
    #[case("TERM=xterm htop", true)]
    #[case("sudo -i", true)]
    #[case("sudo make install", false)]
    #[case("make && less build.log", true)]
    #[case("dmesg | less", true)]
    #[case("git log --graph", true)]
    #[case("git -C x commit", true)]
    #[case("git clone https://example.org/x", false)]
    #[case("python3", true)]
    #[case("python3 train.py", false)]
    #[case("python3 < train.py", false)]
    #[case("curl -L https://example.org/install | sh", false)]
    #[case("bash -l", true)]
    #[case("bash build.sh", false)]
    #[case("bash -c 'make && vim x'", false)]
    #[case("bash -c 'vim x'", true)]
    #[case("docker exec -it web sh", true)]
    #[case("docker build .", false)]
    #[case("fg", true)]
    #[case("fg %2", true)]
    #[case("cargo test", false)]
    #[case("vimtutor-like", false)]
    #[case("echo vim", false)]
    #[case("sleep 20", false)]
    #[case("", false)]
    fn programs_with_a_human_before_them_are_known(#[case] line: &str, #[case] expected: bool) {
        assert_eq!(is_interactive(line), expected, "{line}");
    }
}
