from django.http import HttpResponse
from django.templatetags.static import static
from django.urls import path


def index(request):
    return HttpResponse(f'<!doctype html><title>webapp</title><div id="app"></div><script src="{static("app.js")}"></script>\n')


urlpatterns = [path("", index)]
