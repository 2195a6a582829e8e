"""Archives that earlier versions of this program wrote: every later one must open them."""
