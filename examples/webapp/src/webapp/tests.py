from django.test import SimpleTestCase


class IndexTest(SimpleTestCase):
    def test_the_page_loads_what_webpack_compiled(self):
        self.assertContains(self.client.get("/"), 'src="/static/app.js"')
