//! What to do where there is nothing to write: agents without hooks, and programs whose files are their human's own.
//!
//! `{herald}` stands for this program's path.

/// What to do instead, for an agent of the table of agents that has no row here.
pub(super) fn instead(id: &str) -> String {
    let text = match id {
        "tmux" => {
            "a line for ~/.tmux.conf, yours to paste:\n\n  set-hook -g alert-bell \"run-shell -b '{herald} play bell'\"\n"
        }
        "git" => {
            "a last line for .git/hooks/post-commit or post-merge, yours to paste:\n\n  {herald} play task.complete \
             >/dev/null 2>&1 || true\n"
        }
        "shell" => {
            "a line in your shell's settings, and commands that took long are heard; this tells which and where:\n\n  \
             {herald} init\n\nand single ones:\n\n  {herald} run -- make\n  make; {herald} done $?\n"
        }
        "fish" => "a line for ~/.config/fish/config.fish, yours to paste:\n\n  {herald} init fish | source\n",
        "editor" => {
            "an editor runs this when something is done; for Neovim:\n\n  vim.system({ \"{herald}\", \"play\", \
             \"task.complete\" }, { detach = true })\n"
        }
        "crush" => {
            "it has one hook, PreToolUse, which is asked before every call and never told of an end; there is nothing to \
             hear"
        }
        "codex-notify" => "it is Codex' older way, for one program only; type: herald install codex",
        "generic" => "any program can say what happened:\n\n  {herald} hook --event task.complete\n",
        _ => {
            "where its hooks lie is not known well enough to write there; have its hook run, with the payload on standard \
             input:\n\n  {herald} hook --agent {id}\n"
        }
    };
    text.replace("{id}", id)
}

/// What to say of agents that are known to have no hooks at all.
pub(super) fn without_hooks(id: &str) -> Option<&'static str> {
    Some(match id {
        "zed" => {
            "Zed has no hooks; it makes its own sound: \"agent\": {\"play_sound_when_agent_done\": \"always\"} in its settings"
        }
        "trae" => "Trae has no hooks",
        "amp" | "pi" | "omp" => {
            "it has plugins instead of hooks; have one run: herald hook --event task.complete, when its turn ends"
        }
        "claude" => "did you mean claude-code?",
        _ => return None,
    })
}
