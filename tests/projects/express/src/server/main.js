const express = require("express");

const app = express();
app.use(express.static("/srv/express/compiled_static"));
app.use("/components", express.static("/srv/express/bower_components"));
app.listen(process.env.PORT || 3000, () => console.log("listening"));
