module.exports = {
  mode: "production",
  entry: "./src/static/app.js",
  output: { filename: "app.js" },
};
