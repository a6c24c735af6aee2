// Shows the shelf that was asked for.
function show(shelf) {
  document.getElementById(shelf).hidden = false;
}
