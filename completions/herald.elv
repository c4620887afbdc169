# Elvish completion for herald(1): asks the program itself what fits.

use str

fn -herald-complete {|@words|
  if (not (has-external herald)) { return }
  var current = $words[-1]
  var answer = [(e:herald complete --word=$current -- (all $words[1..-1]) | from-lines)]
  if (== (count $answer) 0) { return }
  var kind = $answer[0]
  if (str:has-prefix $kind 'command ') {
    edit:complete-sudo sudo (all $words[(str:trim-prefix $kind 'command ')..])
    return
  }
  for line $answer[1..] {
    var value about = (str:split &max=2 "\t" $line)
    var suffix = ' '
    if (has-value [: / '='] $value[-1]) { set suffix = '' }
    if (eq $about '') {
      edit:complex-candidate $value &code-suffix=$suffix
    } else {
      edit:complex-candidate $value &code-suffix=$suffix &display=$value'  ('$about')'
    }
  }
  if (not-eq $kind plain) { edit:complete-filename $current }
}

set edit:completion:arg-completer[herald] = $-herald-complete~
